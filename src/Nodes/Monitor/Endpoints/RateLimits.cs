using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;

namespace Mmm.Monitor.Endpoints;

/// <summary>
/// How fast may be asked (<see cref="EndpointLimits"/>): reads per address, changes per caller. Health and metrics are never limited: who watches must see. Addresses are those of the connections,
/// as anybody can write any other one into a header.
/// </summary>
internal static class RateLimits
{
    public static void AddRateLimits(this IServiceCollection services)
    {
        services.AddSingleton<WrongTokens>();
        services.AddSingleton<StreamReaders>();
        services.AddRateLimiter(limits =>
        {
            limits.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(http => http.GetEndpoint()?.Metadata.GetMetadata<ChangesSomething>() is null
                ? Window($"read {AddressOf(http)}", EndpointLimits.ReadsPerSecond, TimeSpan.FromSeconds(1))
                : Window($"change {CallerOf(http)}", EndpointLimits.ChangesPerSecond, TimeSpan.FromSeconds(1)));
            limits.OnRejected = (rejected, _) => new ValueTask(Problems.TooMany(
                rejected.HttpContext.GetEndpoint()?.Metadata.GetMetadata<ChangesSomething>() is null
                    ? string.Create(CultureInfo.InvariantCulture, $"At most {EndpointLimits.ReadsPerSecond} questions a second are answered to one address.")
                    : string.Create(CultureInfo.InvariantCulture, $"At most {EndpointLimits.ChangesPerSecond} changes a second are taken from one caller; this one was not taken."),
                RetryAfter(rejected.Lease)).ExecuteAsync(rejected.HttpContext));
        });
    }

    /// <summary>The address that is counted: of IPv6 the network of 64 bits, all of which one machine can use.</summary>
    public static IPAddress AddressOf(HttpContext http) => AddressOf(http.Connection.RemoteIpAddress);

    /// <summary>As <see cref="AddressOf(HttpContext)"/>.</summary>
    public static IPAddress AddressOf(IPAddress? from)
    {
        if (from is null || from.AddressFamily != AddressFamily.InterNetworkV6)
            return from ?? IPAddress.None;
        if (from.IsIPv4MappedToIPv6)
            return from.MapToIPv4();
        byte[] bytes = from.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }

    public static RateLimitPartition<T> Window<T>(T of, int most, TimeSpan window) =>
        RateLimitPartition.GetFixedWindowLimiter(of, _ => new FixedWindowRateLimiterOptions { PermitLimit = most, Window = window, QueueLimit = 0 });

    /// <summary>Whole seconds, at least one.</summary>
    public static int RetryAfter(RateLimitLease lease) =>
        lease.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan after) ? Math.Max(1, (int)Math.Ceiling(after.TotalSeconds)) : 1;

    private static string CallerOf(HttpContext http) => Caller.Of(http) is { Name.Length: > 0 } caller ? $"token {caller.Name}" : $"address {AddressOf(http)}";
}
