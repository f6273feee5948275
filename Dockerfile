# syntax=docker/dockerfile:1

# The server with its default bundle:
#   docker build -t earshot .
#   docker run --rm -p 50051:50051 -p 9464:9464 -v earshot:/var/lib/earshot earshot
# Flags of `earshot serve` may follow the image's name; settings may also come as variables
# (-e EARSHOT_PORT=…), which the health check reads too. Calls are not encrypted: publish the port
# only where the network is trusted.

FROM eclipse-temurin:25.0.3_9-jdk-noble AS build
WORKDIR /src
COPY mvnw pom.xml ./
COPY .mvn .mvn
COPY proto/pom.xml proto/
COPY client/pom.xml client/
COPY models/pom.xml models/
COPY server/pom.xml server/
COPY perf/pom.xml perf/
COPY proto/src/main proto/src/main
COPY client/src/main client/src/main
COPY server/src/main server/src/main
RUN --mount=type=cache,target=/root/.m2 \
    ./mvnw -B -ntp -P 'dist-server,!checks' -pl server -am -Dmaven.test.skip=true \
      -Dearshot.dist=/out/lib package \
    && cp server/target/earshot-server-*.jar /out/lib/

FROM eclipse-temurin:25.0.3_9-jre-noble
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin earshot
WORKDIR /opt/earshot
COPY LICENSE NOTICE* ./
COPY earshot ./
COPY models/default models/default
COPY models/bias models/bias
COPY --from=build /out/lib lib
RUN install -d -o 10001 -g 10001 -m 700 /var/lib/earshot
ENV EARSHOT_DATA_DIR=/var/lib/earshot
VOLUME /var/lib/earshot
USER 10001:10001
EXPOSE 50051 9464
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["/opt/earshot/earshot", "health"]
# Inside a container loopback is no one's; a port that is not published is not reachable.
ENTRYPOINT ["/opt/earshot/earshot", "serve", "--host", "0.0.0.0", "--insecure-plaintext"]
