using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Primitives;
using Mmm.Actors.Security;
using Mmm.Shared.Agents;
using Mmm.Shared.Api;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings.Hocon;

namespace Mmm.Agent.Endpoints;

/// <summary>
/// Yes is 200, no is 503, as load balancers want it; names and meanings as Patroni's (its documentation, "REST API"). HEAD and OPTIONS too: HAProxy 2.6 asks with OPTIONS unless it is told
/// otherwise (its configuration manual, "option httpchk").
/// </summary>
internal static class AgentRoutes
{
    private static readonly string[] s_methods = [HttpMethods.Get, HttpMethods.Head, HttpMethods.Options];

    public static void MapAgentRoutes(this WebApplication app, IAgentViews views, CertificateStore? certificates = null)
    {
        app.Use((http, next) =>
        {
            http.Response.Headers.XContentTypeOptions = "nosniff";
            http.Response.Headers.CacheControl = "no-store";
            return next(http);
        });
        app.UseStatusCodePages(context => AgentProblems.ForStatus(context.HttpContext.Response).ExecuteAsync(context.HttpContext));
        foreach (string path in new[] { "/writer", "/master", "/primary" })
            Map(path, (view, _) => TrafficRule.WhyNoWrites(view));
        foreach (string path in new[] { "/reader", "/replica" })
            Map(path, TrafficRule.WhyNoReads, takesLag: true);
        Map("/health", (view, _) => TrafficRule.WhyDown(view.Found.Mysqld));
        Map("/liveness", (_, _) => null);
        Map("/status", (_, _) => null);
        app.MapMethods("/metrics", s_methods, async (CancellationToken cancel) =>
            await views.NowAsync(cancel) is { } view ? Results.Bytes(await AgentMetrics.OfAsync(view, cancel, certificates?.Current.Ends), AgentMetrics.MediaType) : AgentProblems.Silent());

        void Map(string path, Func<AgentView, TimeSpan?, string?> why, bool takesLag = false) => app.MapMethods(path, s_methods, async (HttpRequest request, CancellationToken cancel) =>
        {
            TimeSpan? maxLag = null;
            if (takesLag && request.Query.TryGetValue("lag", out StringValues lag))
            {
                if (lag.Count != 1 || !HoconUnits.TryDuration(lag.ToString(), null, out TimeSpan most) || most < TimeSpan.Zero)
                    return AgentProblems.BadLag(lag.ToString());
                maxLag = most;
            }

            return await views.NowAsync(cancel) is { } view ? Answer(view, why(view, maxLag)) : AgentProblems.Silent();
        });
    }

    private static IResult Answer(AgentView view, string? why) =>
        Results.Json(Reading(view, why), ApiFormat.Wire.AgentReading, statusCode: why is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);

    private static AgentReading Reading(AgentView view, string? why)
    {
        FoundMysqld mysqld = view.Found.Mysqld;
        return new AgentReading(
            view.Topology.Name, view.Host, why is null ? null : $"{view.Host}: {why}",
            TrafficRule.WhyNoWrites(view) is null, TrafficRule.WhyNoReads(view, null) is null,
            view.Order is { } order ? Shared.Decisions.StateNames.NameOf(order.State) : null, view.Order?.Id,
            new AgentMysqldReading(mysqld.State, mysqld.ReadOnly, mysqld.Version, mysqld.Message),
            mysqld.Channel is { } c
                ? new AgentReplicationReading(string.Create(CultureInfo.InvariantCulture, $"{c.SourceIp}:{c.SourcePort}"), c.IoState, c.SqlRunning, c.SecondsBehind, c.Error)
                : null,
            [.. view.Addresses.Select(a => new AgentAddressReading(a, view.Found.Addresses.Contains(a), (long)view.LeaseLeft(a).TotalMilliseconds))]);
    }
}
