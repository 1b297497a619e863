import { Outlet } from "@tanstack/react-router";
import { ConnectionNotice } from "./connection-notice.tsx";

export function Frame() {
  return (
    <>
      <ConnectionNotice />
      <Outlet />
    </>
  );
}
