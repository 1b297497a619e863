import { Alert } from "@mantine/core";
import { Icon } from "./icon.tsx";
import { useErrorText } from "./states.tsx";

/** Why a form was refused, in the server's sentence; nothing while there is no error. */
export function FormError({ error }: { readonly error: unknown }) {
  const text = useErrorText();
  if (!error) return null;
  return (
    <Alert color="red" role="alert" icon={<Icon name="warning" size={16} />} p="xs">
      {text(error)}
    </Alert>
  );
}
