import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import { useMay } from "../../api/auth.ts";
import type { Answer } from "../../api/client.ts";
import { useGet, usePost } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { Facts } from "../../ui/facts.tsx";
import { FormError } from "../../ui/form-error.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Panel, Stack } from "../../ui/panel.tsx";
import { ErrorState, Loading } from "../../ui/states.tsx";
import { useToast } from "../../ui/toasts.tsx";

type Brand = Answer<"GET /public/v1/branding">;

/** How the business shows itself to its customers; an owner changes it. */
export function BrandingPage() {
  const { t } = useText();
  const may = useMay();
  const { data, error, refetch } = useGet("GET /public/v1/branding", {});
  return (
    <>
      <PageHeader title={t("settings.branding")} text={t("settings.branding_text")} />
      {!data && (error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Loading />)}
      {data && <Panel>{may("team", "write") ? <BrandForm brand={data} /> : <BrandFacts brand={data} />}</Panel>}
    </>
  );
}

function BrandFacts({ brand }: { readonly brand: Brand }) {
  const { t } = useText();
  return (
    <Facts
      rows={[
        [t("settings.brand_name"), brand.name ?? t("shell.product")],
        [t("settings.brand_accent"), brand.accent ?? "–"],
        [t("settings.brand_support"), brand.support_email ?? "–"],
      ]}
    />
  );
}

function BrandForm({ brand }: { readonly brand: Brand }) {
  const { t } = useText();
  const toast = useToast();
  const [name, setName] = useState(brand.name ?? "");
  const [accent, setAccent] = useState(brand.accent ?? "");
  const [support, setSupport] = useState(brand.support_email ?? "");
  const change = usePost("POST /admin/v1/branding", {
    touches: ["GET /public/v1/branding"],
    onDone: () => toast(t("settings.saved")),
  });
  const body = { name: name.trim() || null, accent: accent.trim() || null, support_email: support.trim() || null };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate({ body });
      }}
    >
      <Stack>
        <TextInput
          label={t("settings.brand_name")}
          description={t("settings.brand_name_hint")}
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label={t("settings.brand_accent")}
          description={t("settings.brand_accent_hint")}
          placeholder="#0b6b73"
          maxLength={7}
          value={accent}
          onChange={(event) => setAccent(event.currentTarget.value)}
        />
        <TextInput
          label={t("settings.brand_support")}
          description={t("settings.brand_support_hint")}
          type="email"
          value={support}
          onChange={(event) => setSupport(event.currentTarget.value)}
        />
        <FormError error={change.error} />
        <div>
          <Button type="submit" loading={change.isPending}>
            {t("settings.brand_save")}
          </Button>
        </div>
      </Stack>
    </form>
  );
}
