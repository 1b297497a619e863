import { useDisclosure } from "@mantine/hooks";
import { Outlet, useLocation } from "@tanstack/react-router";
import { Suspense, useEffect, useRef } from "react";
import { useNews } from "../api/live.ts";
import { useText } from "../i18n/text.ts";
import { Icon } from "../ui/icon.tsx";
import { Loading } from "../ui/states.tsx";
import { Brand } from "./brand.tsx";
import { MenuDrawer } from "./menu-drawer.tsx";
import { Sidebar } from "./sidebar.tsx";
import { Shortcuts } from "./shortcuts.tsx";
import styles from "./shell.module.css";

/** Sidebar, page, palette. On narrow screens the sidebar is a drawer behind a button. */
export function Shell() {
  const { t } = useText();
  useNews();
  const [menu, { open, close }] = useDisclosure(false);
  const [palette, paletteIs] = useDisclosure(false);
  const main = useFocusOnNavigation(close);
  return (
    <div className={styles["shell"]}>
      <a className={styles["skip"]} href="#main">
        {t("shell.skip")}
      </a>
      <header className={styles["top"]}>
        <button type="button" className={styles["iconButton"]} aria-label={t("shell.menu")} onClick={open}>
          <Icon name="menu" />
        </button>
        <Brand />
        <button type="button" className={styles["iconButton"]} aria-label={t("shell.search")} onClick={paletteIs.open}>
          <Icon name="search" />
        </button>
      </header>
      <aside className={styles["sidebar"]}>
        <Sidebar onSearch={paletteIs.open} />
      </aside>
      <MenuDrawer opened={menu} onClose={close}>
        <Sidebar onSearch={paletteIs.open} />
      </MenuDrawer>
      <main id="main" ref={main} tabIndex={-1} className={styles["main"]}>
        <Suspense fallback={<Loading />}>
          <Outlet />
        </Suspense>
      </main>
      <Shortcuts palette={palette} onPalette={paletteIs} />
    </div>
  );
}

/** A new page begins at its top for the keyboard as well; the menu closes. */
function useFocusOnNavigation(onNavigate: () => void) {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current === pathname) return;
    before.current = pathname;
    main.current?.focus({ preventScroll: true });
    onNavigate();
  }, [pathname, onNavigate]);
  return main;
}
