import { Button, CopyButton } from "@mantine/core";
import { useText } from "../i18n/text.ts";
import { Stack } from "./panel.tsx";
import styles from "./secret-once.module.css";

/** A secret or a link that is shown now and never again, with a button that copies it. */
export function SecretOnce({ text, secret }: { readonly text: string; readonly secret: string }) {
  const { t } = useText();
  return (
    <Stack>
      <p>{text}</p>
      <code className={styles["secret"]}>{secret}</code>
      <CopyButton value={secret}>
        {({ copied, copy }) => (
          <Button variant="light" onClick={copy}>
            {t(copied ? "action.copied" : "action.copy")}
          </Button>
        )}
      </CopyButton>
    </Stack>
  );
}
