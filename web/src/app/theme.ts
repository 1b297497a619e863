import { Button, Drawer, Modal, NativeSelect, PasswordInput, TextInput, createTheme } from "@mantine/core";

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

/** Sizes and habits; colours are the variables of tokens.css. */
export const theme = createTheme({
  colors: { water },
  primaryColor: "water",
  primaryShade: 7,
  cursorType: "pointer",
  components: {
    Button: Button.extend({ defaultProps: { size: "sm" } }),
    TextInput: TextInput.extend({ defaultProps: { size: "sm" } }),
    PasswordInput: PasswordInput.extend({ defaultProps: { size: "sm" } }),
    NativeSelect: NativeSelect.extend({ defaultProps: { size: "sm" } }),
    // locking the page's scroll writes a style element, which the policy refuses
    Modal: Modal.extend({ defaultProps: { lockScroll: false, transitionProps: { duration: 80 } } }),
    Drawer: Drawer.extend({ defaultProps: { lockScroll: false, transitionProps: { duration: 80 } } }),
  },
});
