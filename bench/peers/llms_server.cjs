// @musistudio/llms with one provider: node llms_server.cjs <port> <stub's base URL>
const { default: Server } = require("@musistudio/llms");
const [, , port, upstream] = process.argv;
const provider = { name: "stub", api_base_url: `${upstream}/chat/completions`, api_key: "none", models: ["small"] };
new Server({
  initialConfig: { providers: [provider], PORT: port, HOST: "127.0.0.1", LOG: false },
  logger: false,
}).start();
