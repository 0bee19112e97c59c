FROM python:3.11-slim

WORKDIR /app
COPY requirements/serve.txt requirements/lock.txt requirements/
RUN pip install --no-cache-dir --disable-pip-version-check -r requirements/serve.txt

COPY backend backend
COPY frontend frontend
COPY models models
COPY model_mnist* ./
RUN python -m compileall -q backend \
 && useradd --system digitpad \
 && install -d -o digitpad /data

USER digitpad
ENV HOST=0.0.0.0 INSTANCE=/data PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 5000
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-m", "backend.healthcheck"]
CMD ["python", "-m", "backend"]
