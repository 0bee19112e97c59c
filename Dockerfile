# Stage 1: the packages, checked by hash, and the list of them.
FROM python:3.11-slim AS packages
COPY requirements/lock/serve.txt requirements/lock/audit.txt /tmp/
RUN python -m venv /opt/digitpad \
 && /opt/digitpad/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /tmp/serve.txt \
 && python -m venv /tmp/audit \
 && /tmp/audit/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /tmp/audit.txt \
 && /opt/digitpad/bin/pip uninstall --yes --quiet setuptools pip \
 && /tmp/audit/bin/cyclonedx-py environment --output-reproducible --output-file /opt/digitpad/sbom.json \
      /opt/digitpad/bin/python

# Stage 2: the image.
FROM python:3.11-slim

ARG VERSION=unknown
LABEL org.opencontainers.image.title="Digitpad" \
      org.opencontainers.image.description="Draw a digit, see what a neural network reads, and record every prediction." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION"

ENV PATH=/opt/digitpad/bin:$PATH
COPY --from=packages /opt/digitpad /opt/digitpad
WORKDIR /app
COPY LICENSE model_mnist.json model_mnist.h5 ./
COPY models models
COPY frontend frontend
COPY backend backend
RUN python -m compileall -q backend \
 && useradd --system digitpad \
 && install -d -o digitpad /data

USER digitpad
ENV HOST=0.0.0.0 INSTANCE=/data PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 5000
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-m", "backend.healthcheck"]
CMD ["python", "-m", "backend"]
