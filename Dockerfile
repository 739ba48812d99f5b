# One image for every service of docker-compose.yml; scripts/container starts what a service asks for.
FROM debian:bookworm-slim AS build
WORKDIR /src
COPY scripts/packages scripts/apt-install scripts/
RUN sh scripts/apt-install $(sed -n 's/^build //p' scripts/packages)
COPY . .
# The unit tests stay out of the image.
RUN cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DPORTAL_TESTS=OFF \
 && cmake --build build && rm build/bin/compile_* build/bin/sample-quote
# What backups need of PostgreSQL's programs; the package as a whole would bring Perl.
RUN cd /tmp && apt-get download postgresql-client-15 && dpkg -x postgresql-client-15_*.deb client

FROM debian:bookworm-slim
RUN printf 'path-exclude=/usr/share/%s/*\n' doc man locale info lintian >/etc/dpkg/dpkg.cfg.d/small
COPY scripts/packages scripts/apt-install /opt/portal/scripts/
RUN sh /opt/portal/scripts/apt-install $(sed -n 's/^image //p' /opt/portal/scripts/packages) \
 && apt-get clean && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/build/bin /opt/portal/bin
COPY --from=build /tmp/client/usr/lib/postgresql/15/bin/pg_dump /tmp/client/usr/lib/postgresql/15/bin/pg_restore /opt/portal/bin/
COPY scripts /opt/portal/scripts
COPY nginx /opt/portal/nginx
COPY web/static /opt/portal/web/static
COPY --from=build /src/build/web/pdfjs /opt/portal/web/pdfjs
COPY web/api /opt/portal/web/api
COPY docs/openapi.yaml /opt/portal/docs/
COPY sql /opt/portal/sql
RUN cd /var/lib \
 && install -d -o www-data -g www-data portal portal/database portal/certificates /run/portal \
 && install -d -o www-data -g www-data -m 700 portal/secrets portal/store portal/store/spool portal/mail
ENV LANG=C.UTF-8
USER www-data
ENTRYPOINT ["/opt/portal/scripts/container"]
