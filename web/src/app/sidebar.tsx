import { Link, useLocation } from "@tanstack/react-router";
import { useMay } from "../api/auth.ts";
import { useText } from "../i18n/text.ts";
import { Icon } from "../ui/icon.tsx";
import { Brand } from "./brand.tsx";
import { type Section, sections } from "./navigation.ts";
import { Preferences, UserMenu } from "./user-menu.tsx";
import styles from "./shell.module.css";

export function Sidebar({ onSearch }: { readonly onSearch: () => void }) {
  const { t } = useText();
  const may = useMay();
  const seen = sections.filter(({ area }) => area === null || may(area));
  return (
    <div className={styles["sidebarInside"]}>
      <div className={styles["brandRow"]}>
        <Brand />
      </div>
      <button type="button" className={styles["search"]} onClick={onSearch}>
        <Icon name="search" size={16} />
        <span>{t("shell.search")}</span>
        <kbd>{commandKey}</kbd>
      </button>
      <nav aria-label={t("shell.navigation")} className={styles["nav"]}>
        <ul>
          {seen.map((section) => (
            <SectionItem key={section.to} section={section} />
          ))}
        </ul>
      </nav>
      <div className={styles["foot"]}>
        <Preferences />
        <UserMenu />
      </div>
    </div>
  );
}

const commandKey = /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘K" : "Ctrl K";

function SectionItem({ section }: { readonly section: Section }) {
  const { t } = useText();
  const { pathname } = useLocation();
  const may = useMay();
  const inside = section.to === "/" ? pathname === "/" : `${pathname}/`.startsWith(`${section.to}/`);
  const pages = (section.pages ?? []).filter(({ area }) => area === null || may(area));
  return (
    <li>
      <Link
        to={section.to}
        className={styles["place"]}
        data-inside={inside}
        activeOptions={{ exact: true }}
        activeProps={pages.length > 0 ? { "aria-current": undefined } : { "aria-current": "page" }}
      >
        <Icon name={section.icon} />
        {t(section.name)}
      </Link>
      {inside && pages.length > 0 && (
        <ul className={styles["pages"]}>
          {pages.map((page) => (
            <li key={page.to}>
              <Link
                to={page.to}
                className={styles["page"]}
                activeOptions={{ exact: page.to === section.to, includeSearch: false }}
                activeProps={{ "aria-current": "page" }}
              >
                {t(page.name)}
              </Link>
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}
