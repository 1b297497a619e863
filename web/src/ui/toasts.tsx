import { type ReactNode, createContext, useCallback, useContext, useMemo, useRef, useState } from "react";
import { ActionIcon } from "@mantine/core";
import { Icon } from "./icon.tsx";
import { useText } from "../i18n/text.ts";
import styles from "./toasts.module.css";

type Tone = "good" | "bad";
interface Toast {
  readonly id: number;
  readonly tone: Tone;
  readonly text: string;
}

const shownMs = 6_000;
const Toasts = createContext<((text: string, tone?: Tone) => void) | undefined>(undefined);

/** Short notices in a corner, read out by screen readers: `const toast = useToast(); toast("Saved")`. */
export function useToast(): (text: string, tone?: Tone) => void {
  const toast = useContext(Toasts);
  if (!toast) throw new Error("useToast needs the ToastProvider.");
  return toast;
}

export function ToastProvider({ children }: { readonly children: ReactNode }) {
  const { t } = useText();
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const last = useRef(0);
  const remove = useCallback((id: number) => setToasts((all) => all.filter((toast) => toast.id !== id)), []);
  const add = useCallback(
    (text: string, tone: Tone = "good") => {
      last.current += 1;
      const id = last.current;
      setToasts((all) => [...all.slice(-2), { id, tone, text }]);
      if (tone === "good") setTimeout(() => remove(id), shownMs); // what went wrong stays until it is read
    },
    [remove],
  );
  const list = useMemo(
    () => (
      <div className={styles["corner"]} role="status" aria-live="polite">
        {toasts.map(({ id, tone, text }) => (
          <div key={id} className={styles["toast"]} data-tone={tone}>
            <Icon name={tone === "good" ? "check" : "warning"} />
            <span>{text}</span>
            <ActionIcon
              variant="subtle"
              color="gray"
              size="sm"
              aria-label={t("action.close")}
              onClick={() => remove(id)}
            >
              <Icon name="close" size={14} />
            </ActionIcon>
          </div>
        ))}
      </div>
    ),
    [toasts, remove, t],
  );
  return (
    <Toasts value={add}>
      {children}
      {list}
    </Toasts>
  );
}
