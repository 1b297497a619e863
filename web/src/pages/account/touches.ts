/** What is known of oneself; how one signs in has changed, and the session with it. */
export const ownTouches = ["GET /auth/v1/"];
