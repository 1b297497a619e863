import { TextInput } from "@mantine/core";
import { useText } from "../i18n/text.ts";

interface NameFieldProps {
  readonly value: string;
  readonly onChange: (name: string) => void;
  readonly description?: string;
}

/** The name of something new: the first field of its form. */
export function NameField({ value, onChange, ...rest }: NameFieldProps) {
  const { t } = useText();
  return (
    <TextInput
      label={t("field.name")}
      required
      data-autofocus
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      {...rest}
    />
  );
}
