using Mmm.Shared.Api;

namespace Mmm.Monitor.Endpoints;

/// <summary>An argument behind the question mark, or a header, for the OpenAPI document; the routes read them by hand.</summary>
/// <param name="Name">Of the argument or header.</param>
/// <param name="Description">What it does, with its usual value.</param>
/// <param name="Least">Least number; null = it is text.</param>
/// <param name="Most">Greatest number; null = it is text.</param>
/// <param name="Values">Words it may be; null = any.</param>
/// <param name="IsHeader">It is a header.</param>
internal sealed record DocumentedArgument(string Name, string Description, long? Least = null, long? Most = null, IReadOnlyList<string>? Values = null, bool IsHeader = false);

/// <summary>A body a route takes. Not the framework's Accepts: with that, another media type would be refused before the gates were asked.</summary>
/// <param name="MediaType">For example application/json.</param>
/// <param name="Body">Its type; null = a form.</param>
/// <param name="Field">The form's only field.</param>
/// <param name="Values">Words the field may be; null = any.</param>
internal sealed record DocumentedBody(string MediaType, Type? Body, string? Field = null, IReadOnlyList<string>? Values = null);

/// <summary>A second media type of the answer.</summary>
internal sealed record DocumentedStream(string MediaType, string Description);

/// <summary>The route needs no token.</summary>
internal sealed record NeedsNoToken;

/// <summary>Words by which each route is described where it is mapped; <see cref="OpenApiDocumentation"/> makes the document of them.</summary>
internal static class RouteDocumentation
{
    private const string Problem = "application/problem+json";

    /// <param name="route">The route.</param>
    /// <param name="subject">Routes of the same subject are listed together.</param>
    /// <param name="summary">A few words.</param>
    /// <param name="description">A sentence or two.</param>
    /// <param name="mediaType">Of the answer.</param>
    /// <param name="status">HTTP status of the answer.</param>
    /// <typeparam name="T">The answer's body.</typeparam>
    public static RouteHandlerBuilder Tells<T>(this RouteHandlerBuilder route, string subject, string summary, string description, string mediaType = "application/json", int status = 200) =>
        route.WithTags(subject).WithSummary(summary).WithDescription(description).Produces<T>(status, mediaType).Refuses(401, 403, 429);

    /// <summary>It may answer with problem details of these HTTP statuses.</summary>
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder route, params ReadOnlySpan<int> statuses)
    {
        foreach (int status in statuses)
            route.Produces<ProblemReading>(status, Problem);
        return route;
    }

    /// <summary>Its cluster, or what is asked for of it, may be unknown, or nothing may have been heard of it.</summary>
    public static RouteHandlerBuilder OfCluster(this RouteHandlerBuilder route) => route.Refuses(404, 503);

    public static RouteHandlerBuilder Takes(this RouteHandlerBuilder route, params DocumentedArgument[] arguments) => route.WithMetadata([.. arguments]);

    public static RouteHandlerBuilder TakesBody(this RouteHandlerBuilder route, DocumentedBody body) => route.WithMetadata(body).Refuses(413, 415);
}
