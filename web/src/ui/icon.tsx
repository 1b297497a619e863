/** Line icons on a grid of 24, drawn here: the few that the console needs. */
const paths = {
  wheel: "M12 4a8 8 0 1 0 0 16a8 8 0 1 0 0-16M12 4v16M4 12h16M6.3 6.3l11.4 11.4M17.700 6.300L6.300 17.700",
  data: "M4 6c0-1.700 3.600-3 8-3s8 1.300 8 3-3.600 3-8 3-8-1.300-8-3M4 6v6c0 1.700 3.600 3 8 3s8-1.300 8-3V6M4 12v6c0 1.700 3.600 3 8 3s8-1.300 8-3v-6",
  review: "M9 11l3 3 8-8M20 12v6a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2h9",
  train: "M3 17l6-6 4 4 8-9M15 6h6v6",
  models: "M12 3l8 4.500v9L12 21l-8-4.500v-9zM12 12l8-4.500M12 12v9M12 12L4 7.500",
  endpoints: "M5 12h14M13 6l6 6-6 6M4 5v14",
  sell: "M6 2h12v20l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6",
  channels:
    "M6 8a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5M18 21a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5M18 8a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5M6 8v4a4 4 0 0 0 4 4h5.500M18 8v8",
  insight: "M4 20V10M10 20V4M16 20v-7M21 20H3",
  settings: "M4 7h10M18 7h2M4 17h2M10 17h10M16 9a2 2 0 1 0 0-4 2 2 0 0 0 0 4M8 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14M16 16l5 5",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8M12 2v2M12 20v2M4.900 4.900l1.400 1.400M17.700 17.700l1.400 1.400M2 12h2M20 12h2M4.900 19.100l1.400-1.400M17.700 6.300l1.400-1.400",
  moon: "M20 14.500A8.500 8.500 0 0 1 9.500 4 8.500 8.500 0 1 0 20 14.500",
  language:
    "M4 5h9M8.500 3v2M11 5c-1 4-3.500 7-7 8.500M6.500 8.500c1 2 2.800 3.800 5 5M12 21l4.500-11L21 21M13.600 17h5.800",
  menu: "M4 6h16M4 12h16M4 18h16",
  close: "M6 6l12 12M18 6L6 18",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8M4 21c0-4 3.600-6 8-6s8 2 8 6",
  out: "M10 4H5v16h5M14 8l4 4-4 4M18 12H9",
  help: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M9.500 9.500a2.500 2.500 0 1 1 3.500 2.300c-.700.300-1 .800-1 1.700M12 17v.100",
  right: "M9 5l7 7-7 7",
  down: "M5 9l7 7 7-7",
  plus: "M12 5v14M5 12h14",
  check: "M5 13l4 4L19 7",
  warning: "M12 3l10 18H2zM12 10v5M12 18v.100",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  file: "M6 2h8l5 5v15H6zM14 2v5h5",
  key: "M8 19a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9M11.200 11.300L20 2.500M16 6.500l3 3",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 18 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.7"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={paths[name]} />
    </svg>
  );
}
