# One image for every process: serve (the default), work, migrate and the rest of the command line.
FROM python:3.11-slim AS build
WORKDIR /build
COPY requirements.lock ./
RUN python -m venv /opt/yiguan
RUN /opt/yiguan/bin/python -m pip install --only-binary :all: --require-hashes -r requirements.lock

FROM python:3.11-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/yiguan yiguan
COPY --from=build /opt/yiguan /opt/yiguan
WORKDIR /srv/yiguan
COPY alembic.ini ./
COPY migrations migrations
COPY openapi openapi
COPY app app
ENV PATH=/opt/yiguan/bin:$PATH
ENV YIGUAN_HOME=/var/lib/yiguan
ENV PYTHONUNBUFFERED=1
# The user may not write here: compiled now, the code need not be compiled at every start.
RUN python -m compileall -q app migrations
USER 10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["python", "-c", "import os, urllib.request as web; web.urlopen('http://127.0.0.1:' + os.environ.get('YIGUAN_PORT', '8000') + '/healthz', timeout=2)"]
ENTRYPOINT ["python", "-m", "app"]
CMD ["serve", "--host", "0.0.0.0"]
