import { createTheme } from "@mantine/core";

const water = [
  "#e8f6f6",
  "#d2ecee",
  "#a3d9dd",
  "#6fc3c9",
  "#3fabb3",
  "#1d939c",
  "#0f7e87",
  "#0b6b73",
  "#08585f",
  "#054249",
] as const;

const small = { defaultProps: { size: "sm" } };
// locking the page's scroll writes a style element, which the policy refuses
const dialog = { defaultProps: { lockScroll: false, transitionProps: { duration: 80 } } };

/** Sizes and habits; colours are the variables of tokens.css. Components are named, not imported: pages bring them. */
export const theme = createTheme({
  colors: { water },
  primaryColor: "water",
  primaryShade: 7,
  cursorType: "pointer",
  components: {
    Button: small,
    TextInput: small,
    PasswordInput: small,
    NativeSelect: small,
    NumberInput: small,
    Textarea: small,
    Modal: dialog,
    Drawer: dialog,
  },
});
