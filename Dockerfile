# One image for every process; compose.yaml says which command each runs.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    MALLOC_ARENA_MAX=2 \
    TOCSIN_DATA_DIR=/data

# WeasyPrint draws PDFs with Pango; the image has no fonts of its own.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin tocsin \
    && mkdir /data && chown tocsin:tocsin /data

WORKDIR /app
COPY requirements/base.txt requirements/base.txt
RUN pip install --require-hashes --requirement requirements/base.txt

COPY . .
# The static files belong to the image, not to the volume at /data. No setting here is used at run time.
RUN mkdir /app/built \
    && SECRET_KEY=only-for-this-step DATABASE_URL=postgres://none REDIS_URL=redis://none TOCSIN_DATA_DIR=/app/built \
       python manage.py collectstatic --noinput --verbosity 0
ENV TOCSIN_STATIC_ROOT=/app/built/static

USER tocsin
VOLUME /data
EXPOSE 8000 8001
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["python", "-m", "ops.probe", "8000", "/readyz"]
CMD ["python", "-m", "ops.serve", "web"]
