using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Options;

namespace OrleansRegistry.Host.Tests;

/// <summary>The options of a silo in a service are refused before anything is made.</summary>
public sealed class SiloOptionsTests
{
    [Fact]
    public void All_options_that_are_not_valid_are_named_at_once()
    {
        var builder = WebApplication.CreateBuilder();

        var refusal = Assert.Throws<OptionsValidationException>(() => builder.AddOrleansRegistrySilo(silo =>
        {
            silo.PostgresConnectionString = "Host=127.0.0.1";
            silo.PreviousSecret = new byte[31];
            (silo.SiloPort, silo.ClientPort) = (70_000, 70_000);
            silo.AdvertisedAddress = IPAddress.Parse("10.0.0.14");
            silo.EventRetentionDays = -1;
            silo.Billing.Currency = "Gold";
        }));

        Assert.Equal(
            ["Secret", "PreviousSecret", "SiloPort", "ClientPort", "Certificates", "EventRetentionDays", "Billing.Currency"],
            refusal.Failures.Select(problem => problem.Split(' ')[0]));
        Assert.DoesNotContain(builder.Services, service => service.ServiceType == typeof(RegistrySiloOptions));
    }

    [Fact]
    public void A_silo_that_others_reach_needs_a_certificate_or_a_network_of_its_own()
    {
        WebApplication.CreateBuilder().AddOrleansRegistrySilo(silo =>
        {
            silo.AdvertisedAddress = IPAddress.Parse("10.0.0.14");
            silo.InsecureCluster = true;
        });
        WebApplication.CreateBuilder().AddOrleansRegistrySilo(silo =>
        {
            silo.AdvertisedAddress = IPAddress.Parse("10.0.0.14");
            silo.ListenAddress = IPAddress.Loopback;
        });
    }

    [Fact]
    public void A_service_is_one_silo()
    {
        var builder = WebApplication.CreateBuilder();
        builder.AddOrleansRegistrySilo(_ => { });

        Assert.Throws<InvalidOperationException>(() => builder.AddOrleansRegistrySilo(_ => { }));
    }
}
