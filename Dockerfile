# One image for every service of docker-compose.yml; scripts/container starts what a service asks for.
# Packages and pdf.js in steps of their own, which change more seldom than the portal.
FROM debian:bookworm-slim AS viewer
WORKDIR /src
COPY scripts/apt-install scripts/
RUN sh scripts/apt-install ca-certificates npm
COPY web/package.json web/package-lock.json web/
COPY scripts/pdfjs scripts/
# What npm brings is fixed by its hashes in package-lock.json; so the build also works behind a proxy that ends TLS.
ENV npm_config_strict_ssl=false
RUN sh scripts/pdfjs "pdfjs/$(sed -n 's/.*"pdfjs-dist": "\(.*\)".*/\1/p' web/package.json)" /tmp/npm

FROM debian:bookworm-slim AS build
WORKDIR /src
COPY scripts/packages scripts/apt-install scripts/
RUN sh scripts/apt-install $(sed -n 's/^build //p' scripts/packages | grep -vx -e nodejs -e npm)
COPY . .
# The unit tests stay out of the image.
RUN cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DPORTAL_TESTS=OFF -DPORTAL_PDFJS=OFF \
 && cmake --build build && rm build/bin/compile_* build/bin/sample-quote && strip build/bin/*
# What backups need of PostgreSQL's programs; the package as a whole would bring Perl.
RUN cd /tmp && apt-get download postgresql-client-15 && dpkg -x postgresql-client-15_*.deb client
# libarchive wants libxml2, which wants ICU, which wants 31 MB about the world's languages. Writing zip files looks at none of
# it: as ICU itself does while it is built, we give it data that holds nothing.
RUN mkdir icu && so=$(cd /usr/lib/$(gcc -print-multiarch) && ls libicudata.so.?? | head -n 1) \
 && echo "const long icudt${so##*.}_dat[4] = {0};" | gcc -shared -fPIC -x c - -Wl,-soname,"$so" -o "icu/$so"

FROM debian:bookworm-slim
COPY scripts/image-without /etc/dpkg/dpkg.cfg.d/image
COPY scripts/packages scripts/apt-install /opt/portal/scripts/
RUN sh /opt/portal/scripts/apt-install $(sed -n 's/^image //p' /opt/portal/scripts/packages) \
 && apt-get clean && rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old
COPY --from=build /src/icu /usr/local/lib/
RUN ldconfig
COPY --from=build /src/build/bin /opt/portal/bin
COPY --from=build /tmp/client/usr/lib/postgresql/15/bin/pg_dump /tmp/client/usr/lib/postgresql/15/bin/pg_restore /opt/portal/bin/
COPY scripts /opt/portal/scripts
COPY nginx /opt/portal/nginx
COPY web/static /opt/portal/web/static
COPY --from=viewer /src/pdfjs /opt/portal/web/pdfjs
COPY web/api /opt/portal/web/api
COPY docs/openapi.yaml /opt/portal/docs/
COPY sql /opt/portal/sql
RUN cd /var/lib \
 && install -d -o www-data -g www-data portal portal/database portal/certificates /run/portal \
 && install -d -o www-data -g www-data -m 700 /backup portal/secrets portal/keys portal/keys/app portal/keys/worker portal/store portal/store/spool portal/mail
ENV LANG=C.UTF-8
USER www-data
ENTRYPOINT ["/opt/portal/scripts/container"]
