#!/usr/bin/env bash
# Tries what release.sh has made: the checksums hold, the server runs as a user without rights on a disk that it can't
# write, and each client deploys there, installed from the files alone.
#
#   scripts/try-release.sh DIRECTORY
#
# Needs bubblewrap, Python's venv, and the .NET SDK with the packages that release.sh has restored: no source of packages
# is asked but DIRECTORY.
set -euo pipefail

die() {
  echo "try-release.sh: $*" >&2
  exit 1
}

release=$(realpath "${1:?scripts/try-release.sh DIRECTORY}")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/servers.sh
python=${REGISTRY_TEST_PYTHON:-/usr/bin/python3}
command -v "$python" >/dev/null || python=python3

work=$(mktemp -d)
servers_home=$work/log
mkdir "$servers_home"
clean_up() {
  stop_servers
  rm -rf "$work"
}
clean_up_with clean_up
# The server's user reads what is here, but for its own directory.
chmod 755 "$work"
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1

free_port() {
  "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

echo "== checksums"
(cd "$release" && sha256sum --check --strict --quiet SHA256SUMS) || die "a file differs from its checksum"
[[ $(cd "$release" && ls | grep -cv '^SHA256SUMS$') == $(wc -l <"$release/SHA256SUMS") ]] || die "a file has no checksum"
version=$(cd "$release" && ls orleans_registry-*.whl | cut -d - -f 2)

echo "== server"
mkdir "$work/server" "$work/data"
tar --extract --gzip --file "$release"/orleans-registry-"$version"-linux-*.tar.gz --directory "$work/server" \
  --strip-components 1 --no-same-owner
as_nobody=()
if [[ $(id -u) == 0 ]]; then
  chown 65534:65534 "$work/data"
  as_nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
fi
chmod 700 "$work/data"
url=http://127.0.0.1:$(free_port) clients=$(free_port)
start server "${as_nobody[@]}" env -i PATH="$PATH" bwrap --ro-bind / / --dev /dev --proc /proc \
  --bind "$work/data" "$work/data" --unshare-pid --die-with-parent --chdir "$work/server" \
  dotnet OrleansRegistry.Host.dll --urls "$url" --Registry:DataDirectory="$work/data" \
  --Registry:SiloPort="$(free_port)" --Registry:ClientPort="$clients"
await server "$url/health/ready"
key=$work/data/admin-key
scripts/try-node.sh "$url" "$key"
export ORK_URL=$url ORK_API_KEY_FILE=$key
if [[ $(id -u) == 0 ]]; then [[ $(stat -c %u "$key") == 65534 ]] || die "the server did not run as nobody"; fi

# Packages of this release go into a folder of this run; others are those that the build has restored.
restored=${NUGET_PACKAGES:-$HOME/.nuget/packages}
export NUGET_PACKAGES=$work/packages
build() {
  dotnet build "$1" --nologo -v quiet -p:RestoreSources="$release" -p:RestoreFallbackFolders="$restored" \
    -p:NuGetAudit=false
}

# project NAME SDK PACKAGE: a new program that uses a package. Its text comes from standard input.
project() {
  mkdir "$work/$1"
  cat >"$work/$1/Program.cs"
  cat >"$work/$1/$1.csproj" <<END
<Project Sdk="$2">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <Nullable>enable</Nullable>
    <ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="$3" Version="[$version]" />
  </ItemGroup>
</Project>
END
  build "$work/$1"
}

# must_answer TEXT COMMAND...
must_answer() {
  local answer
  answer=$("${@:2}") || die "${*:2} fails: $answer"
  [[ $answer == *"$1"* ]] || die "${*:2} should have answered $1: $answer"
}

# await_start NAME: waits until the service that was started last has started.
await_start() {
  for _ in {1..150}; do
    grep -q "Application started" "$servers_home/$1.log" && return
    kill -0 "${servers[-1]}" || { cat "$servers_home/$1.log" >&2; die "$1 does not start"; }
    sleep 0.2
  done
}

echo "== OrleansRegistry.RestClient"
project Over.Http Microsoft.NET.Sdk OrleansRegistry.RestClient <<'END'
using OrleansRegistry.RestClient;

using var registry = new RegistryRestClient(new RegistryRestClientOptions
{
    Url = new Uri(args[0]),
    ApiKey = File.ReadAllText(args[1]).Trim(),
});
var version = await registry.Deploy(new Deployment { ModelName = "http", Publish = true });
Console.WriteLine($"{version.ModelName} {version.Version}");
END
must_answer "http 0.1.0" dotnet "$work/Over.Http/bin/Debug/net10.0/Over.Http.dll" "$url" "$key"

# The program of the package's own page.
echo "== OrleansRegistry.Client"
project By.Grains Microsoft.NET.Sdk.Web OrleansRegistry.Client <tests/OrleansRegistry.SampleService/Program.cs
service=http://127.0.0.1:$(free_port)
start service dotnet "$work/By.Grains/bin/Debug/net10.0/By.Grains.dll" --urls "$service" \
  --Sample:Silos:0="127.0.0.1:$clients"
await_start service
must_answer '"0.1.0"' curl -sS --max-time 30 -X POST "$service/models/grains"

echo "== OrleansRegistry.Silo"
project Co.Hosted Microsoft.NET.Sdk.Web OrleansRegistry.Silo <tests/OrleansRegistry.SampleSilo/Program.cs
service=http://127.0.0.1:$(free_port)
start silo dotnet "$work/Co.Hosted/bin/Debug/net10.0/Co.Hosted.dll" --urls "$service" \
  --Sample:DataDirectory="$work/co-hosted" --Sample:SiloPort="$(free_port)"
await_start silo
must_answer '"0.1.0"' curl -sS --max-time 30 -X POST "$service/models/grains"

echo "== ork, as a tool and as a program"
dotnet tool install OrleansRegistry.Cli --version "$version" --tool-path "$work/tools" --source "$release" >/dev/null
must_answer '"0.1.0"' "$work/tools/ork" deploy tool --publish --json
for archive in "$release"/ork-"$version"-linux-*.tar.gz; do
  [[ -f $archive ]] || continue
  tar --extract --gzip --file "$archive" --directory "$work"
  must_answer '"0.1.0"' "$work/ork-$version/ork" deploy program --publish --json
done

echo "== Python"
"$python" -m venv "$work/venv"
wheel=$release/orleans_registry-$version-py3-none-any.whl
"$work/venv/bin/pip" --disable-pip-version-check install --quiet --no-index "$wheel"
must_answer "python 0.1.0" "$work/venv/bin/python" -c '
from orleans_registry import Client
version = Client().register("python", publish=True, wait=False)
print(version.model_name, version.version)'

echo "== the end"
# The sandbox passes no signals on: its first process is the shell of the sandbox, the second one the server.
server=$(pgrep --parent "$(pgrep --parent "${servers[0]}")")
kill -TERM "$server"
wait "${servers[0]}" || die "the server does not end in order"
echo "The release $version is tried."
