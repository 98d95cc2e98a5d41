using System.Collections.Immutable;
using System.Text.Json;
using Mmm.Shared.Api;
using Mmm.Shared.History;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Mmm.Shared.Status;

namespace Mmm.Monitor.Endpoints;

/// <summary>
/// POST /api/v1/clusters/{cluster}/operations, for programs: a command that is answered as soon as it is decided, and GET …/operations/{id}, what has become of it. The
/// <c>Idempotency-Key</c> is its id: sent again, also to another monitor, it gets the first answer and changes nothing.
/// </summary>
internal static class OperationEndpoints
{
    private const string IdempotencyKey = "Idempotency-Key";
    private const int EventsShown = 200;

    public static void MapOperations(this WebApplication app)
    {
        app.MapPost($"{ClusterEndpoints.One}/operations", Begin).WithMetadata(new ChangesSomething(ApiRole.Operator))
            .Tells<OperationReading>(
                "Commands", "Gives a command that can be followed", "Answered as soon as it is decided; 'Location' is where its end is told. Sent again with the same key, it changes nothing.", status: 202)
            .Takes(new DocumentedArgument(IdempotencyKey, $"Its id, chosen by the caller, 1 to {EndpointLimits.MaxIdLength} printable characters.", IsHeader: true))
            .TakesBody(new DocumentedBody("application/json", typeof(OperationRequest)))
            .Refuses(400, 404, 405, 409, 503);
        app.MapGet($"{ClusterEndpoints.One}/operations/{{id}}", Read)
            .Tells<OperationReading>("Commands", "What has become of a command", "Running, succeeded or failed, with what has happened since it was taken up.").Refuses(404, 503);
    }

    private static async Task<IResult> Begin(string cluster, HttpContext http, MmmSettings settings, ICommands commands, IHistory history, CancellationToken cancel)
    {
        if (!settings.Clusters.ContainsKey(cluster))
            return ClusterQuestion.UnknownCluster(cluster, settings);
        if (http.Request.Headers[IdempotencyKey] is not [{ Length: > 0 } id])
            return Problems.BadRequest($"The header {IdempotencyKey} is missing: choose an id for this operation, 1 to {EndpointLimits.MaxIdLength} printable characters, and send the same one when you send it again.");
        if (!http.Request.HasJsonContentType())
            return Problems.UnsupportedMediaType("application/json");
        OperationRequest? request;
        try
        {
            request = await http.Request.ReadFromJsonAsync(ApiFormat.Wire.OperationRequest, cancel);
        }
        catch (JsonException e)
        {
            return Problems.BadRequest($"The body is not an operation: {e.Message}");
        }

        if (request is null)
            return Problems.BadRequest("The body is not an operation: it is null.");
        ImmutableArray<string> arguments = request.Arguments ?? [];
        if (CommandRules.WhatIsWrong(new CommandRequest(id, request.Verb, arguments, request.By), arguments) is string wrong)
            return Problems.BadRequest(wrong.Replace("'id'", IdempotencyKey, StringComparison.Ordinal));

        if (arguments.Contains(MmmVerbs.DryRun))
            return Problems.BadRequest($"{MmmVerbs.DryRun} changes nothing, so there is nothing to follow: send it to {ApiPaths.Commands(cluster)}.");

        if (Gates.Lacks(http, CommandRules.LeastOf(request.Verb)) is { } refusal)
            return refusal;
        (ControlProtocol.Answer? answer, bool sent) = await commands.Send(
            new ControlProtocol.Command(id, cluster, request.Verb, arguments, CommandRules.By(request.By, http)), cancel);
        if (answer is null)
            return Problems.NoCoordinator(settings.This, sent);
        if (!answer.Ok)
            return Problems.Refused(answer.Text);
        http.Response.Headers.Location = ApiPaths.Operation(cluster, id);
        // This node's own copy may be a moment behind what the coordinator has just decided.
        OperationReading reading = await Find(cluster, id, history, cancel) ?? new OperationReading(id, "running", null, null, null, []);
        return Results.Json(reading, ApiFormat.Wire.OperationReading, statusCode: StatusCodes.Status202Accepted);
    }

    private static async Task<IResult> Read(string cluster, string id, MmmSettings settings, IHistory history, CancellationToken cancel)
    {
        if (!settings.Clusters.ContainsKey(cluster))
            return ClusterQuestion.UnknownCluster(cluster, settings);
        return await Find(cluster, id, history, cancel) is { } reading
            ? Results.Json(reading, ApiFormat.Wire.OperationReading)
            : Problems.NotFound($"The history of monitor {settings.This} knows no operation '{id}' of cluster {cluster}: it was never taken up, or so long ago that it is not kept any more (monitor.history_events), or has not arrived here yet.");
    }

    private static async Task<OperationReading?> Find(string cluster, string id, IHistory history, CancellationToken cancel)
    {
        ChroniclePage all = await history.Page(cluster, new EventFilter(int.MaxValue), cancel);
        return Operation.Of(all.Events, id) is not { } operation ? null : new OperationReading(
            id, operation.Status.ToString().ToLowerInvariant(), operation.End?.Sentence, operation.Began.AtUtc, operation.End?.AtUtc,
            [.. operation.Events.TakeLast(EventsShown).Select(EventEndpoints.Entry)]);
    }
}
