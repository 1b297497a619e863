import { PasswordInput, type PasswordInputProps } from "@mantine/core";
import { useText } from "../i18n/text.ts";

type PasswordFieldProps = Omit<PasswordInputProps, "value" | "onChange" | "visibilityToggleButtonProps"> & {
  readonly value: string;
  readonly onChange: (password: string) => void;
};

/** A secret that one types, and may look at; the button that shows it has a name for screen readers. */
export function PasswordField({ onChange, ...rest }: PasswordFieldProps) {
  const { t } = useText();
  return (
    <PasswordInput
      visibilityToggleButtonProps={{ "aria-label": t("door.show_password") }}
      onChange={(event) => onChange(event.currentTarget.value)}
      {...rest}
    />
  );
}
