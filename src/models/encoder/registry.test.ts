import { afterEach, expect, it } from "vitest";
import { describeEachEngine, testEpochMs } from "../../store/testing/engines.ts";
import { smallEncoder } from "../testing/small-encoder.ts";
import { getEncoder, listEncoders, loadEncoder, registerEncoder, renderEncoders } from "./registry.ts";

describeEachEngine("encoders", (stores) => {
  let dispose = async (): Promise<void> => {};
  afterEach(() => dispose());

  it("come back as they were brought, once; a name never gets another one", async () => {
    const { store, dispose: end } = await stores.open();
    dispose = end;
    const encoder = smallEncoder(["good", "bad"]);
    const named = { name: "small", encoder, nowMs: testEpochMs };
    expect(renderEncoders(await listEncoders(store))).toMatch(/^No encoders yet/);
    const registered = await registerEncoder(store, named);
    expect(await registerEncoder(store, { ...named, nowMs: testEpochMs + 1 })).toEqual(registered);
    const loaded = await loadEncoder(store, await getEncoder(store, "small"));
    expect({ ...loaded, onnx: Uint8Array.from(loaded.onnx) }).toEqual(encoder);
    expect(renderEncoders(await listEncoders(store))).toMatch(/^encoder .+\nsmall +48 +0\.0 MB {2}en +Apache-2\.0\n$/);

    const other = { ...named, encoder: smallEncoder(["other", "words"]) };
    await expect(registerEncoder(store, other)).rejects.toMatchObject({ code: "conflict" });
    await expect(registerEncoder(store, { ...named, name: "../etc" })).rejects.toMatchObject({
      code: "invalid_request",
    });
    await expect(getEncoder(store, "large")).rejects.toMatchObject({
      code: "not_found",
      details: { hint: "There are: small." },
    });
  });
});
