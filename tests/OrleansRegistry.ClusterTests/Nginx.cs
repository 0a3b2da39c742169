using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using OrleansRegistry.Testing;

namespace OrleansRegistry.ClusterTests;

/// <summary>
/// nginx in front of two gateways. It has no health checks that ask by themselves, so whoever looks at
/// <c>/health/ready</c> takes a gateway out by a file (docs/operations.md). It sends no call a second time.
/// </summary>
internal sealed class Nginx : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nginx-").FullName;
    private readonly Process _process;

    private Nginx(Uri first, Uri second)
    {
        Port = RegistryProcess.FreePort();
        // Else root's workers would be another user's, who can't enter the directory.
        var user = Environment.IsPrivilegedProcess ? "user root;" : "";
        // As docs/operations.md has it, with files of its own.
        File.WriteAllText(Path.Combine(_directory, "nginx.conf"), $$"""
            {{user}}
            daemon off;
            worker_processes 1;
            pid {{_directory}}/nginx.pid;
            error_log {{_directory}}/error.log;
            events { worker_connections 256; }
            http {
              access_log off;
              client_body_temp_path {{_directory}}/body;
              proxy_temp_path {{_directory}}/proxy;
              fastcgi_temp_path {{_directory}}/fastcgi;
              uwsgi_temp_path {{_directory}}/uwsgi;
              scgi_temp_path {{_directory}}/scgi;
              upstream both { server {{first.Authority}}; server {{second.Authority}}; keepalive 16; }
              upstream first { server {{first.Authority}}; keepalive 16; }
              upstream second { server {{second.Authority}}; keepalive 16; }
              server {
                listen 127.0.0.1:{{Port}};
                set $gateways both;
                if (-f {{_directory}}/first.out) { set $gateways second; }
                if (-f {{_directory}}/second.out) { set $gateways first; }
                location / {
                  proxy_pass http://$gateways;
                  proxy_http_version 1.1;
                  proxy_set_header Connection "";
                  proxy_set_header Host $host;
                  proxy_next_upstream off;
                }
              }
            }
            """);
        _process = Process.Start("nginx", ["-p", _directory, "-e", Path.Combine(_directory, "error.log"), "-c", Path.Combine(_directory, "nginx.conf")]);
    }

    /// <summary>Where it listens.</summary>
    public int Port { get; }

    /// <summary>What it has complained of.</summary>
    public string Errors => File.ReadAllText(Path.Combine(_directory, "error.log"));

    /// <summary>Starts one; null where nginx isn't installed.</summary>
    public static async Task<Nginx?> Start(Uri first, Uri second)
    {
        if (!File.Exists("/usr/sbin/nginx"))
        {
            return null;
        }

        Nginx nginx = new(first, second);
        while (true)
        {
            Assert.False(nginx._process.HasExited, "nginx has ended.");
            try
            {
                using TcpClient probe = new();
                await probe.ConnectAsync(IPAddress.Loopback, nginx.Port);
                return nginx;
            }
            catch (SocketException)
            {
                // It doesn't listen yet.
            }
        }
    }

    /// <summary>Gives a gateway no more calls.</summary>
    public void TakeOut(int gateway) => File.WriteAllText(FileOf(gateway), "");

    /// <summary>Gives a gateway calls again.</summary>
    public void TakeIn(int gateway) => File.Delete(FileOf(gateway));

    public void Dispose()
    {
        // It ends its workers, which a kill would leave.
        using (var stop = Process.Start("kill", [$"{_process.Id}"]))
        {
            stop.WaitForExit();
        }

        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private string FileOf(int gateway) => Path.Combine(_directory, gateway == 0 ? "first.out" : "second.out");
}
