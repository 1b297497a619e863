/** The token behind `#`, taken out of the address bar and its history at once. */
export function tokenInAddress(): string {
  const token = location.hash.slice(1);
  if (token) history.replaceState(history.state, "", location.pathname + location.search);
  return token;
}
