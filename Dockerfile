# The registry as an image: built from the lock files, run as a user without rights.
#
# The tags name no patch level: whoever builds an old commit gets a patched runtime all the same, and the weekly workflow
# notices when it has to be built again. Digests would stand still until somebody raises them. The provenance of a
# published image says which bases it has.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY . .
# Without analyzers, which the tests ran: a newer SDK has more of them.
RUN dotnet publish src/OrleansRegistry.Host -c Release -o /app -p:RestoreLockedMode=true -p:RunAnalyzers=false

FROM mcr.microsoft.com/dotnet/aspnet:10.0
WORKDIR /app
COPY --from=build /app .
# Directories that volumes are put over must be there, and the user's.
RUN mkdir /data /certificates /authority /spool && chown app /data /certificates /authority /spool && chmod 700 /data
USER app
ENV ASPNETCORE_URLS=http://*:5080 \
    Registry__DataDirectory=/data \
    Registry__HealthPort=8081 \
    Registry__Runtime__Enabled=false
VOLUME /data
EXPOSE 5080 8081
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["dotnet", "OrleansRegistry.Host.dll", "health", "http://127.0.0.1:8081"]
ENTRYPOINT ["dotnet", "OrleansRegistry.Host.dll"]
