import { Button, type ButtonProps, Group, Modal } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { ReactNode } from "react";
import { useText } from "../i18n/text.ts";
import { FormError } from "./form-error.tsx";

interface ConfirmButtonProps extends Pick<ButtonProps, "color" | "variant" | "size" | "disabled"> {
  readonly label: string;
  /** What will happen and whether it can be taken back. */
  readonly question: ReactNode;
  readonly onConfirm: () => Promise<unknown>;
  readonly isPending?: boolean;
  readonly error?: unknown;
}

/** A button for what one should not do by accident: says what will happen, and asks once more. */
export function ConfirmButton({ label, question, onConfirm, isPending, error, ...button }: ConfirmButtonProps) {
  const { t } = useText();
  const [opened, { open, close }] = useDisclosure(false);
  const confirm = async (): Promise<void> => {
    try {
      await onConfirm();
      close();
    } catch {
      // the refusal is shown in the dialog, which stays open
    }
  };
  return (
    <>
      <Button variant="light" {...button} onClick={open}>
        {label}
      </Button>
      <Modal opened={opened} onClose={close} title={label} closeButtonProps={{ "aria-label": t("action.close") }}>
        <p>{question}</p>
        <FormError error={error} />
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={close}>
            {t("action.cancel")}
          </Button>
          <Button
            {...(button.color ? { color: button.color } : {})}
            loading={isPending ?? false}
            onClick={() => void confirm()}
            data-autofocus
          >
            {label}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
