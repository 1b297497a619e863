import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useText } from "../i18n/text.ts";
import { EmptyState } from "../ui/states.tsx";

export function NotFound() {
  const { t } = useText();
  return (
    <EmptyState level={1} icon="search" title={t("shell.not_found")} text={t("shell.not_found_hint")}>
      <Button component={Link} to="/" variant="light">
        {t("shell.to_the_wheel")}
      </Button>
    </EmptyState>
  );
}
