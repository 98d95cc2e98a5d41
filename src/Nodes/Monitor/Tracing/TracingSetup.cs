using Mmm.Shared.Settings;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Mmm.Monitor.Tracing;

/// <summary>OpenTelemetry in a monitor: only when a collector is configured.</summary>
internal static class TracingSetup
{
    public static void AddMoveTracing(this IServiceCollection services, MmmSettings settings)
    {
        if (settings.Monitor.OtlpEndpoint is not { } endpoint)
            return;
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(_ => Sdk.CreateTracerProviderBuilder()
            .AddSource(MoveTracing.SourceName)
            .SetResourceBuilder(ResourceBuilder.CreateEmpty().AddService("mmm-monitor", serviceInstanceId: settings.This))
            .AddOtlpExporter(o =>
            {
                o.Endpoint = endpoint;
                o.Protocol = OtlpExportProtocol.HttpProtobuf;
            })
            .Build());
        services.AddHostedService(provider =>
        {
            // Made before the first span, and disposed of with the container, which sends what is left.
            _ = provider.GetRequiredService<TracerProvider>();
            return ActivatorUtilities.CreateInstance<MoveTracing>(provider);
        });
    }
}
