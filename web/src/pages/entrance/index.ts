export { EnterPage } from "./enter-page.tsx";
export { SetUpPage } from "./set-up-page.tsx";
export { SignInPage } from "./sign-in-page.tsx";
