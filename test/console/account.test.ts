import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { codeAt, fromBase32, stepAt } from "../../src/identity/testing/codes.ts";
import { type Console, hasChromium, openConsole, openingMsMax } from "./harness.ts";
import { lookAt } from "./look.ts";
import type { ConsolePage } from "./window.ts";

const password = "a short sentence is good";

describe.runIf(hasChromium())("one's own account", () => {
  let console_: Console;
  beforeAll(async () => void (console_ = await openConsole()), openingMsMax);
  afterAll(() => console_?.close());

  /** Somebody new, who comes in by a link; passkeys belong to names, and so the address is one. */
  const newcomer = async (email: string): Promise<ConsolePage> => {
    const user = await console_.ask<{ id: string }>("POST", "/admin/v1/users", {
      name: email,
      email,
      role: "engineer",
    });
    const opened = await console_.open({ role: null });
    const { url } = await console_.ask<{ url: string }>("POST", `/admin/v1/users/${user.id}/sign-in-link`, {});
    await opened.go(url.replace("127.0.0.1", "localhost"));
    await opened.page.getByRole("link", { name: email }).click();
    await opened.page.getByRole("heading", { name: email, level: 1 }).waitFor();
    return opened;
  };
  const signOut = async ({ page }: ConsolePage): Promise<void> => {
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  };
  const signIn = async ({ page }: ConsolePage, email: string, code?: string): Promise<void> => {
    await page.getByLabel("E-mail").fill(email);
    await page.locator("input[type=password]").fill(password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    if (code === undefined) return;
    await page.getByLabel("Code").fill(code);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByRole("heading", { name: email, level: 1 }).waitFor();
  };
  const choosePassword = async ({ page }: ConsolePage): Promise<void> => {
    await page.getByLabel("New password").first().fill(password);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByLabel("Password until now").first().waitFor();
  };

  /** Another browser, as far as the server sees it. */
  const cookieOf = async (email: string): Promise<string> => {
    const headers = { "content-type": "application/json", "x-millrace-request": "1", origin: console_.url };
    const body = JSON.stringify({ email, password });
    const answer = await fetch(`${console_.url}/auth/v1/sign-in`, { method: "POST", headers, body });
    return answer.headers.get("set-cookie")?.split(";")[0] ?? "";
  };
  const isIn = async (cookie: string): Promise<boolean> => {
    const answer = await fetch(`${console_.url}/auth/v1/state`, { headers: { cookie } });
    return ((await answer.json()) as { user: unknown }).user !== null;
  };

  it("has no barrier and no complaint", async () => {
    expect(await lookAt(console_, [["account", "/account"]])).toEqual([]);
  });

  it("an authenticator app is set up by its secret, asked at sign-in, replaced by a recovery code, and removed", async () => {
    const email = "app@mill.example";
    const opened = await newcomer(email);
    const { page } = opened;
    await choosePassword(opened);
    await page.getByRole("button", { name: "Set up an authenticator app" }).click();
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("img", { name: "QR code" }).waitFor();
    expect(await opened.barriers()).toEqual([]);
    const secret = (await page.getByRole("dialog").locator("code").textContent()) ?? "";
    const codeOf = (steps: number): string => codeAt(fromBase32(secret), stepAt(Date.now()) + steps);
    await page.getByRole("textbox", { name: "Code" }).fill(codeOf(0));
    await page.getByRole("button", { name: "Switch it on" }).click();
    await page.getByRole("button", { name: "I have kept them" }).waitFor();
    const codes = await page.getByRole("dialog").getByRole("listitem").allTextContents();
    expect(codes).toHaveLength(10);
    await page.keyboard.press("Escape"); // does not lose them
    expect(await opened.barriers()).toEqual([]);
    await page.getByRole("button", { name: "I have kept them" }).click();
    await page.getByText("On: whoever signs in").waitFor();

    await signOut(opened);
    await signIn(opened, email, codeOf(1));
    await signOut(opened);
    await signIn(opened, email, codes[0]);
    await page.getByRole("button", { name: "Remove the app" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove the app" }).click();
    await page.getByText("Off: your password alone").waitFor();
    await signOut(opened);
    await signIn(opened, email);
    await page.getByRole("heading", { name: email, level: 1 }).waitFor();
    await opened.close();
  });

  it("a passkey is made, signs in without a password, and opens nothing once it is removed", async () => {
    const opened = await newcomer("passkey@mill.example");
    const { page } = opened;
    await addAuthenticator(opened);
    await page.getByRole("button", { name: "New passkey" }).click();
    await page.getByLabel("Name").fill("My laptop");
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByText("My laptop").waitFor();
    await signOut(opened);
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await page.getByText("My laptop").waitFor();
    expect(await page.getByText("By passkey").count()).toBe(1);
    expect(opened.complaints().filter((text) => !text.includes("401"))).toEqual([]);
    await page.getByRole("button", { name: "Remove", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove", exact: true }).click();
    await page.getByRole("listitem").filter({ hasText: "My laptop" }).waitFor({ state: "detached" });
    await signOut(opened);
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await page.getByRole("alert").waitFor();
    await opened.close();
  });

  it("the sessions elsewhere end one by one or all at once, and this one goes on", async () => {
    const email = "sessions@mill.example";
    const here = await newcomer(email);
    await choosePassword(here);
    const elsewhere = [await cookieOf(email), await cookieOf(email)];
    await here.page.reload();
    await here.page.getByRole("button", { name: "End", exact: true }).first().click();
    await expect.poll(() => here.page.getByRole("button", { name: "End", exact: true }).count()).toBe(1);
    expect((await Promise.all(elsewhere.map(isIn))).filter(Boolean)).toHaveLength(1);
    await here.page.getByRole("button", { name: "End all others" }).click();
    await here.page.getByRole("dialog").getByRole("button", { name: "End all others" }).click();
    await expect.poll(() => here.page.getByRole("button", { name: "End all others" }).count()).toBe(0);
    expect((await Promise.all(elsewhere.map(isIn))).filter(Boolean)).toEqual([]);
    await here.page.reload();
    await here.page.getByText("this one").waitFor();
    await here.close();
  });
});

/** A device with a fingerprint reader that says yes, as Chromium plays it. */
async function addAuthenticator({ page }: ConsolePage): Promise<void> {
  const debuggee = await page.context().newCDPSession(page);
  await debuggee.send("WebAuthn.enable");
  await debuggee.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}
