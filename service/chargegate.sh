#!/bin/sh
# The command line of the chargegate that is installed as a service. Written by "npm run install-service".
export CHARGEGATE_CONFIG="${CHARGEGATE_CONFIG:-/etc/chargegate/chargegate.yaml}"
export CHARGEGATE_DATA_DIR="${CHARGEGATE_DATA_DIR:-/var/lib/chargegate}"
exec "@NODE@" "@PROGRAM@/gateway/cli.ts" "$@"
