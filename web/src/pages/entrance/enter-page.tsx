import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useForgetEverything } from "../../api/auth.ts";
import { call } from "../../api/client.ts";
import { useText } from "../../i18n/text.ts";
import { FormError } from "../../ui/form-error.tsx";
import { Loading } from "../../ui/states.tsx";
import { Door } from "./door.tsx";
import { tokenInAddress } from "./token-in-address.ts";

/** A one-time link leads here: it is used up, and one is in. */
export function EnterPage() {
  const { t } = useText();
  const forget = useForgetEverything();
  const navigate = useNavigate();
  const [token] = useState(tokenInAddress);
  const { mutate, error } = useMutation({
    mutationFn: () => call("POST /auth/v1/sign-in-links/use", { body: { token } }),
    async onSuccess() {
      await forget();
      await navigate({ to: "/" });
    },
  });
  useEffect(() => {
    if (token) mutate();
  }, [token, mutate]);
  if (token && !error) return <Loading page />;
  return (
    <Door title={t("door.link_failed")} text={t("door.link_failed_hint")}>
      <FormError error={error} />
      <Button component={Link} to="/" variant="light" fullWidth>
        {t("door.sign_in")}
      </Button>
    </Door>
  );
}
