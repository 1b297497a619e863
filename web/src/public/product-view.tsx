import { useText } from "../i18n/text.ts";
import type { Amount } from "../i18n/format.ts";
import styles from "../portal/realm-frame.module.css";
import { Columns, Panel, Stack } from "../ui/panel.tsx";
import { SignUp } from "./sign-up.tsx";
import { Trial } from "./trial.tsx";

export interface ShownPlan {
  readonly id: string;
  readonly name: string;
  /** Undefined while it is not known yet. */
  readonly fee?: Amount | undefined;
}

interface ProductViewProps {
  readonly product: { readonly id: string; readonly name: string; readonly endpoint: string };
  readonly description: string;
  readonly examples: readonly string[];
  readonly triesPerDay: number;
  readonly plans: readonly ShownPlan[];
  readonly signUp: boolean;
}

/** What everybody sees of a product below its name: words, a trial, plans, signing up. */
export function ProductView({ product, description, examples, triesPerDay, plans, signUp }: ProductViewProps) {
  return (
    <Stack>
      {description && <p className={styles["text"]}>{description}</p>}
      {triesPerDay > 0 && <Trial name={product.name} examples={examples} timesPerDay={triesPerDay} />}
      <Columns>
        <Plans plans={plans} />
        {signUp && <SignUp product={product.id} endpoint={product.endpoint} />}
      </Columns>
    </Stack>
  );
}

function Plans({ plans }: { readonly plans: readonly ShownPlan[] }) {
  const { t, format } = useText();
  return (
    <Panel title={t("public.plans")}>
      {plans.length === 0 && <p>{t("public.no_plans")}</p>}
      <Stack>
        {plans.map((plan) => (
          <div key={plan.id}>
            <strong>{plan.name}</strong>
            {plan.fee && <div>{t("public.fee", { amount: format.money(plan.fee) })}</div>}
          </div>
        ))}
      </Stack>
    </Panel>
  );
}
