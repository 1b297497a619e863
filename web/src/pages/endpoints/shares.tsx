import { Button, Slider } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useMay } from "../../api/auth.ts";
import type { Endpoint, Release } from "../../api/schema.gen.ts";
import { usePost } from "../../api/queries.ts";
import { useText } from "../../i18n/text.ts";
import { ConfirmButton } from "../../ui/confirm-button.tsx";
import { FormError } from "../../ui/form-error.tsx";
import { Panel } from "../../ui/panel.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { StateBadge, When } from "../../ui/values.tsx";
import { useModelName } from "./model-name.tsx";
import styles from "./endpoints.module.css";

/** Which model answers which share of the customers; a share moves by its slider and holds once it is applied. */
export function Shares({ endpoint }: { readonly endpoint: Endpoint }) {
  const { t, format } = useText();
  const { champion, challengers, shadows } = endpoint;
  const left = 1 - challengers.reduce((sum, { share }) => sum + share, 0);
  return (
    <Panel title={t("endpoint.shares")}>
      <svg viewBox="0 0 100 4" preserveAspectRatio="none" className={styles["bar"]} aria-hidden="true">
        <rect x={0} y={0} width={left * 100} height={4} className={styles["champion"]} />
        {challengers.map(({ id, share }, i) => (
          <rect
            key={id}
            x={(left + challengers.slice(0, i).reduce((sum, one) => sum + one.share, 0)) * 100 + 0.3}
            y={0}
            width={Math.max(0.5, share * 100 - 0.3)}
            height={4}
            className={styles["challenger"]}
          />
        ))}
      </svg>
      <ul className={styles["releases"]}>
        <li>
          <Who release={champion} />
          <strong className={styles["share"]}>{format.percent(left, 0)}</strong>
          <small className={styles["dim"]}>{t("endpoint.champion_share")}</small>
        </li>
        {[...challengers, ...shadows].map((release) => (
          <Share key={release.id} endpoint={endpoint.name} release={release} />
        ))}
      </ul>
    </Panel>
  );
}

function Who({ release }: { readonly release: Release }) {
  const nameOf = useModelName();
  return (
    <span className={styles["who"]}>
      <StateBadge state={release.state} />
      <Link to="/models/$id" params={{ id: release.model }}>
        {nameOf(release.model)}
      </Link>
      <small className={styles["dim"]}>
        <When ms={release.deployed_at_ms} />
      </small>
    </span>
  );
}

function Share({ endpoint, release }: { readonly endpoint: string; readonly release: Release }) {
  const { t, format } = useText();
  const may = useMay();
  const toast = useToast();
  const nameOf = useModelName();
  const [percent, setPercent] = useState(Math.round(release.share * 100));
  const touches = ["GET /admin/v1/endpoints"];
  const deploy = usePost("POST /admin/v1/endpoints/{name}/deploy", {
    touches,
    onDone: () => toast(t("endpoint.applied")),
  });
  const promote = usePost("POST /admin/v1/endpoints/{name}/deploy", {
    touches,
    onDone: () => toast(t("endpoint.promoted")),
  });
  const retire = usePost("POST /admin/v1/endpoints/{name}/retire", { touches });
  const role = release.state === "shadow" ? ("shadow" as const) : ("challenger" as const);
  const params = { name: endpoint };
  const label = t(role === "shadow" ? "endpoint.share_requests" : "endpoint.share_customers", {
    name: nameOf(release.model),
  });
  return (
    <li>
      <Who release={release} />
      <strong className={styles["share"]}>{format.percent(percent / 100, 0)}</strong>
      {may("endpoints", "write") && (
        <div className={styles["controls"]}>
          <Slider
            min={1}
            max={100}
            label={(value) => format.percent(value / 100, 0)}
            thumbLabel={label}
            value={percent}
            onChange={setPercent}
          />
          <Button
            size="xs"
            variant="light"
            disabled={percent === Math.round(release.share * 100)}
            loading={deploy.isPending}
            onClick={() => deploy.mutate({ params, body: { role, model: release.model, share: percent / 100 } })}
          >
            {t("endpoint.apply")}
          </Button>
          <ConfirmButton
            size="xs"
            label={t("endpoint.promote")}
            question={t("endpoint.promote_question")}
            onConfirm={() => promote.mutateAsync({ params, body: { role: "champion", model: release.model } })}
            isPending={promote.isPending}
            error={promote.error}
          />
          <ConfirmButton
            size="xs"
            variant="default"
            label={t("endpoint.retire")}
            question={t("endpoint.retire_question")}
            onConfirm={() => retire.mutateAsync({ params, body: { release: release.id } })}
            isPending={retire.isPending}
            error={retire.error}
          />
        </div>
      )}
      <FormError error={deploy.error} />
    </li>
  );
}
