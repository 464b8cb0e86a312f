# The action's image: one static binary and the usual certificate authorities, nothing else.
ARG RUST=1.95
FROM rust:${RUST}-slim-bookworm AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY engine engine
COPY src src
COPY templates templates
# glibc, linked statically. The explicit target keeps the flag away from build scripts and procedural macros, which
# must stay dynamic; it is the platform of this stage, so an image for another platform is built on that platform. What a
# panic would unwind by is left out: it aborts.
RUN target="$(rustc --print host-tuple)" \
 && RUSTFLAGS="-C target-feature=+crt-static -C force-unwind-tables=no" \
    cargo build --locked --profile dist --no-default-features --bin drift-detector --target "$target" \
 && cp "target/$target/dist/drift-detector" /drift-detector

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /drift-detector /drift-detector
# No USER and no WORKDIR: the runner mounts its folders for root and chooses the working directory.
ENTRYPOINT ["/drift-detector"]
