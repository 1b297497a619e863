import { expect, it } from "vitest";
import { openTestServer } from "../src/api/testing/server.ts";
import { sqliteStores } from "../src/store/testing/engines.ts";

/** `npm run openapi` writes the file; this fails when the routes say something else than what is committed. */
it("the committed OpenAPI file is what the routes say", async () => {
  const server = await openTestServer(sqliteStores);
  try {
    await server.app.ready();
    const document = server.app.swagger() as { paths: Record<string, unknown> };
    expect(Object.keys(document.paths).length).toBeGreaterThan(40);
    await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot("../docs/reference/openapi.json");
  } finally {
    await server.close();
  }
});
