import { Button, Group, Modal } from "@mantine/core";
import type { FormEvent, ReactNode } from "react";
import { useText } from "../i18n/text.ts";
import { FormError } from "./form-error.tsx";
import { Stack } from "./panel.tsx";

interface FormDialogProps {
  readonly title: string;
  readonly opened?: boolean;
  readonly onClose: () => void;
  readonly onSubmit: () => void;
  /** What the button says: that something is made, unless it is something else. */
  readonly submit?: string;
  /** What submitting does: whether it is on its way, and how it was refused. */
  readonly work: { readonly isPending: boolean; readonly error: unknown };
  readonly size?: "md" | "lg";
  readonly children: ReactNode;
}

/** A form in a dialog: fields, the refusal if there was one, cancel and submit. Enter submits, Esc leaves. */
export function FormDialog(props: FormDialogProps) {
  const { t } = useText();
  const { title, opened = true, onClose, onSubmit, submit = t("action.create"), work, size = "md", children } = props;
  const heard = (event: FormEvent): void => {
    event.preventDefault();
    event.stopPropagation();
    onSubmit();
  };
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={title}
      size={size}
      closeButtonProps={{ "aria-label": t("action.close") }}
    >
      <form onSubmit={heard}>
        <Stack>
          {children}
          <FormError error={work.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("action.cancel")}
            </Button>
            <Button type="submit" loading={work.isPending}>
              {submit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
