#!/bin/sh
# A database and its role for each service, made when the server starts for the first time. Names
# and passwords are those of the addresses that the services read. For a database that comes later:
#   docker compose exec postgres sh /docker-entrypoint-initdb.d/databases.sh
set -eu

for file in "${EDU_SECRETS:-/run/secrets}"/*_database_url; do
    address=$(cat "$file")
    account=${address#*://}
    account=${account%%@*}
    psql --quiet --no-psqlrc --username "${POSTGRES_USER:-postgres}" --dbname postgres \
        --set ON_ERROR_STOP=1 --set role="${account%%:*}" --set password="${account#*:}" \
        --set database="${address##*/}" <<'SQL'
SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') AS no_role,
       NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') AS no_database \gset
\if :no_role
CREATE ROLE :"role" LOGIN PASSWORD :'password';
\endif
\if :no_database
CREATE DATABASE :"database" OWNER :"role";
-- Services are neighbours on this server: none may open another's database.
REVOKE CONNECT ON DATABASE :"database" FROM PUBLIC;
\endif
SQL
done
