import { expect, it } from "vitest";
import { describeEachEngine } from "../store/testing/engines.ts";
import { accentInTheDark, changeBranding, getBranding } from "./branding.ts";
import { contrast } from "./colour.ts";

describeEachEngine("how a business shows itself", (stores) => {
  it("is as Millrace does, changes by what is given, and goes back", async () => {
    const { store: db, dispose } = await stores.open();
    const none = { name: null, accent: null, supportEmail: null };
    expect(await getBranding(db)).toEqual(none);
    await changeBranding(db, { name: "Northern Mills", accent: "#8A1C5B" });
    await changeBranding(db, { supportEmail: "help@mill.example" });
    const branded = { name: "Northern Mills", accent: "#8a1c5b", supportEmail: "help@mill.example" };
    expect(await getBranding(db)).toEqual(branded);
    expect(await changeBranding(db, none)).toEqual(none);
    await dispose();
  });

  it.each([
    ["an empty name", { name: " " }, "name"],
    ["a name that is too long", { name: "n".repeat(101) }, "name"],
    ["a colour by its word", { accent: "red" }, "accent"],
    ["a colour with something behind it", { accent: "#8a1c5b;" }, "accent"],
    ["a colour that nobody can read", { accent: "#ffd400" }, "accent"],
    ["an address without a host", { supportEmail: "help" }, "support_email"],
    ["an address that is markup", { supportEmail: "<b>@mill.example" }, "support_email"],
  ])("refuses %s, and changes nothing", async (_story, change, param) => {
    const { store: db, dispose } = await stores.open();
    const before = await getBranding(db);
    await expect(changeBranding(db, change)).rejects.toMatchObject({ code: "invalid_request", details: { param } });
    expect(await getBranding(db)).toEqual(before);
    await dispose();
  });

  it.each(["#000000", "#8a1c5b", "#0000ff", "#0b6b73"])("makes of %s a colour to be read on dark pages", (accent) => {
    expect(contrast(accentInTheDark(accent), "#1e2526")).toBeGreaterThanOrEqual(4.5);
    expect(contrast("#000000", "#ffffff")).toBeCloseTo(21);
  });
});
