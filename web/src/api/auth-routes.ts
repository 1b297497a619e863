type Access = "none" | "read" | "write";
type AreaName =
  | "data"
  | "review"
  | "train"
  | "models"
  | "endpoints"
  | "sell"
  | "money"
  | "channels"
  | "insight"
  | "settings"
  | "team";
interface OwnUser {
  readonly object: "user";
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly realm: "team" | "customer" | "partner";
  readonly role: string | null;
  readonly areas: Record<AreaName, Access>;
}
declare module "./schema.gen.ts" {
  interface Routes {
    "GET /auth/v1/state": {
      input: { query?: undefined };
      answer: { readonly object: "auth_state"; readonly set_up: boolean; readonly user: OwnUser | null };
    };
    "POST /auth/v1/setup": {
      input: { body: { token: string; name: string; email: string; password: string } };
      answer: OwnUser;
    };
    "POST /auth/v1/sign-in": {
      input: { body: { email: string; password: string; code?: string } };
      answer: OwnUser;
    };
    "POST /auth/v1/sign-in-links/use": { input: { body: { token: string } }; answer: OwnUser };
    "POST /auth/v1/sign-out": { input: { body?: undefined }; answer: { object: "signed_out" } };
  }
}
export type { OwnUser };
