import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Console, hasChromium, openConsole, openingMsMax } from "./harness.ts";
import { takenTitle } from "./look.ts";

const markup = `<img src=x onerror="document.title='${takenTitle}'">`;

describe.runIf(hasChromium())("attacks in the browser", () => {
  let console_: Console;
  let evil: EvilSite;
  beforeAll(async () => {
    console_ = await openConsole();
    evil = await openEvilSite(console_.url);
  }, openingMsMax);
  afterAll(async () => {
    await evil?.close();
    await console_?.close();
  });

  const signInByProgram = async (email: string, password: string): Promise<number> => {
    const headers = { "content-type": "application/json", "x-millrace-request": "1", origin: console_.url };
    const body = JSON.stringify({ email, password });
    return (await fetch(`${console_.url}/auth/v1/sign-in`, { method: "POST", headers, body })).status;
  };

  it("guessing passwords is refused, and the page says how long to wait", async () => {
    const victim = { name: "Guessed at", email: "guessed@mill.example", role: "owner" };
    await console_.ask("POST", "/admin/v1/users", victim);
    const free = await Promise.all([1, 2, 3, 4, 5].map((n) => signInByProgram(victim.email, `guess number ${n}`)));
    expect(free).toEqual([401, 401, 401, 401, 401]);
    const guesser = await console_.open({ role: null });
    const { page } = guesser;
    await guesser.go("/");
    await page.getByLabel("E-mail").fill(victim.email);
    const alert = page.getByRole("alert");
    let guesses = 0;
    do {
      await page.locator("input[type=password]").fill(`guess number ${guesses++}`);
      const answered = page.waitForResponse("**/auth/v1/sign-in");
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
      await (await answered).finished();
      await alert.waitFor();
    } while (guesses < 20 && !/Try again in \d+ seconds?\./.test((await alert.textContent()) ?? ""));
    expect(guesses).toBeGreaterThan(1);
    expect(guesses).toBeLessThan(20);
    await guesser.close();
  });

  it("a form and a script of another origin change nothing, although the browser sends the cookie along", async () => {
    const owner = await console_.open();
    const { page } = owner;
    await owner.go("/channels");
    const before = await console_.ask<{ data: unknown[] }>("GET", "/admin/v1/partners");
    for (const path of ["admin/v1/partners", "auth/v1/sign-out", "auth/v1/sessions/revoke-others"]) {
      await page.goto(`${evil.url}/form?to=${path}`);
      const [answer] = await Promise.all([page.waitForResponse(`**/${path}`), page.locator("button").click()]);
      expect((await answer.request().allHeaders())["cookie"], path).toContain("millrace_session"); // a real attack
      expect([403, 415], path).toContain(answer.status());
    }
    await page.goto(`${evil.url}/script`);
    await page.waitForFunction(() => document.title === "done");
    expect(await page.locator("output").textContent()).toBe("unreadable");
    expect(await console_.ask("GET", "/admin/v1/partners")).toEqual(before);
    await owner.go("/channels");
    await page.getByRole("heading", { name: "Partners", level: 1 }).waitFor(); // still signed in
    await owner.close();
  });

  it("a session that was planted before signing in is over afterwards", async () => {
    const attacker = await console_.open({ role: "read_only" });
    const planted = await attacker.page.context().cookies(console_.url);
    const victim = await console_.open({ role: null });
    const context = victim.page.context();
    await context.addCookies(planted);
    await victim.go("/");
    await victim.page.getByText("A person (read_only)").waitFor(); // it worked so far
    const user = { name: "The victim", email: "victim@mill.example", role: "engineer" };
    const { id } = await console_.ask<{ id: string }>("POST", "/admin/v1/users", user);
    const { url } = await console_.ask<{ url: string }>("POST", `/admin/v1/users/${id}/sign-in-link`, {});
    await victim.go(url);
    await victim.page.getByText("The victim").waitFor();
    const [session] = await context.cookies(console_.url);
    expect(session?.value).not.toBe(planted[0]?.value);
    expect(session).toMatchObject({ httpOnly: true, sameSite: "Strict" });
    await attacker.go("/");
    await attacker.page.getByRole("heading", { name: "Sign in" }).waitFor();
    await attacker.close();
    await victim.close();
  });

  it("no page of ours is drawn in a frame of another site", async () => {
    const owner = await console_.open();
    for (const path of ["", "portal", "p", "auth/v1/state"]) {
      await owner.page.goto(`${evil.url}/frame?of=${path}`);
      const frame = owner.page.frames()[1];
      expect(frame?.url(), path).toMatch(/^chrome-error:/);
      expect(await frame?.locator("body").textContent(), path).not.toContain("Millrace");
    }
    await owner.close();
  });

  it("names that are markup are text on every page that shows them", async () => {
    const { ask, story, importAs } = console_;
    const partner = await ask<{ id: string }>("POST", "/admin/v1/partners", {
      name: markup,
      commission_basis_points: 1,
    });
    const customer = await ask<{ id: string }>("POST", "/admin/v1/customers", {
      name: markup,
      terms: { kind: "prepaid" },
      partner: partner.id,
      attribution_reason: markup,
    });
    await ask("POST", `/admin/v1/customers/${customer.id}/keys`, { name: markup });
    await ask("POST", "/admin/v1/users", { name: markup, email: "markup@mill.example", role: "read_only" });
    await ask("POST", "/admin/v1/products", { name: markup, endpoint: story.endpoint });
    const dataset = await ask<{ id: string }>("POST", "/admin/v1/datasets", { name: "letters" });
    const rows = [markup, "plain"].map((label) => JSON.stringify({ input: `A letter that is ${label}`, label }));
    const version = await importAs(`${markup}.jsonl`, dataset.id, rows.join("\n"));
    const opened = await console_.open();
    const { page } = opened;
    const places = [
      "channels",
      "sell",
      "sell/customers",
      `sell/customers/${customer.id}`,
      "settings",
      "settings/audit",
    ];
    for (const place of [...places, "data", `data/${dataset.id}`, `data/versions/${version}`]) {
      await opened.go(`/${place}`);
      expect(await page.locator("img[src=x]").count(), place).toBe(0);
      expect(await page.title(), place).not.toBe(takenTitle);
    }
    await page.getByText(`${markup}.jsonl`).first().waitFor();
    expect(opened.complaints()).toEqual([]);
    await opened.close();
  });
});

interface EvilSite {
  readonly url: string;
  close(): Promise<void>;
}

/** On another port of our host: another origin, but of the same site, so that not even `SameSite=Strict` keeps the cookie back. */
async function openEvilSite(target: string): Promise<EvilSite> {
  const pages: Readonly<Record<string, (wanted: string) => string>> = {
    "/form": (path) =>
      `<form method="post" enctype="text/plain" action="${target}/${path}">
        <input name='{"name":"Evil","commission_basis_points":9999,"a":"' value='"}'><button>Win</button></form>`,
    "/script": () =>
      `<output></output><script>
        const ask = (path, init) => fetch("${target}" + path, { credentials: "include", ...init });
        const body = JSON.stringify({ name: "Evil", commission_basis_points: 9999 });
        const headers = { "content-type": "application/json", "x-millrace-request": "1" };
        (async () => {
          const tries = [
            ask("/admin/v1/partners", { method: "POST", body, headers }),
            ask("/admin/v1/partners", { method: "POST", body, mode: "no-cors" }),
            ask("/admin/v1/customers").then((answer) => answer.text()),
          ];
          const [, , read] = await Promise.allSettled(tries);
          document.querySelector("output").textContent = read.status === "rejected" ? "unreadable" : read.value;
          document.title = "done";
        })();
      </script>`,
    "/frame": (path) => `<iframe src="${target}/${path}"></iframe>`,
  };
  const server: Server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://evil.example");
    const [wanted = ""] = searchParams.values();
    response.setHeader("content-type", "text/html; charset=utf-8").end(pages[pathname]?.(wanted) ?? "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
