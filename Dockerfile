# A venue in a container: not root, state in the volume /data, stopped by SIGTERM. How to use it: docs/images.md.
FROM python:3.13-slim AS build
WORKDIR /source
COPY requirements-run.lock requirements-image.lock ./
RUN python -m venv /opt/build \
    && /opt/build/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements-run.lock \
    && python -m venv /opt/tallystick \
    && /opt/tallystick/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements-image.lock
COPY pyproject.toml hatch_build.py README.md LICENSE NOTICE ./
COPY src src
RUN /opt/build/bin/python -m hatchling build -t wheel -d /dist \
    && /opt/tallystick/bin/pip install --no-cache-dir --no-deps /dist/*.whl \
    && /opt/tallystick/bin/pip uninstall --yes pip

FROM python:3.13-slim
COPY --from=build /opt/tallystick /opt/tallystick
RUN groupadd --system --gid 10001 tally \
    && useradd --system --uid 10001 --gid tally --home-dir /data --no-create-home tally \
    && install --directory --owner=tally --group=tally --mode=0700 /data
ENV PATH=/opt/tallystick/bin:$PATH PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/api/v5/public/time', timeout=2)"]
ENTRYPOINT ["tally"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8080", "--data", "/data", "--allow-host", "tallystick"]
