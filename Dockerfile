FROM python:3.11-slim

ARG VERSION=unknown
LABEL org.opencontainers.image.title="Digitpad" \
      org.opencontainers.image.description="Draw a digit, see what a neural network reads, and record every prediction." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION"

WORKDIR /app
COPY requirements/serve.txt requirements/lock.txt requirements/
RUN pip install --no-cache-dir --disable-pip-version-check -r requirements/serve.txt

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
