/** Signing in and the first run. */
export const entrance = {
  "door.sign_in": "Sign in",
  "door.show_password": "Show the password",
  "door.code": "Code",
  "door.code_hint": "From your authenticator app, or a recovery code.",
  "door.passkey": "Sign in with a passkey",
  "door.welcome": "Welcome to Millrace",
  "door.welcome_text": "You are the first here. This makes you the owner; others are invited from the settings.",
  "door.token": "Set-up token",
  "door.token_hint": "The server printed it when it started, behind # in the address.",
  "door.password_hint": "At least {n} characters. A short sentence is good.",
  "door.begin": "Begin",
  "door.link_failed": "This link does not open",
  "door.link_failed_hint": "A link works once and only for a while. Ask for a new one, or sign in.",
  "field.email": "E-mail",
  "field.password": "Password",
  "field.your_name": "Your name",
} as const;
