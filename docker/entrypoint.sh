#!/bin/sh
# The image's entry point. It takes the model server's bare flags, as the image of the NGINX example does:
#
#   --model_name face --port 9178     the server with these flags, behind NGINX
#   /ovms/bin/ovms --port 9178        another command, behind NGINX
#   --verify -- /ovms/bin/ovms …      options of `generate-certs serve`, then the server's command
set -eu
for word in "$@"; do
  if [ "$word" = -- ]; then
    exec generate-certs serve --out "${GENERATE_CERTS_FOLDER:-/certs}" "$@"
  fi
done
case "${1:-}" in
  -* | '') set -- "${MODEL_SERVER:-/ovms/bin/ovms}" "$@" ;;
esac
exec generate-certs serve --out "${GENERATE_CERTS_FOLDER:-/certs}" -- "$@"
