using System.Collections.Immutable;
using System.Text.Json;
using Mmm.Shared.Api;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Mmm.Shared.Status;

namespace Mmm.Monitor.Endpoints;

/// <summary>POST /api/v1/clusters/{cluster}/commands and GET /api/v1/ping: the two that reach the coordinator.</summary>
internal static class CommandEndpoints
{
    private const string PingId = "ping";

    public static void MapCommands(this WebApplication app)
    {
        app.MapPost($"{ClusterEndpoints.One}/commands", Command).WithMetadata(new ChangesSomething(ApiRole.Operator))
            .Tells<CommandAnswer>("Commands", "Gives one of MMM's commands", "A second request with the same id, also to another monitor, gets the first answer and changes nothing. A refusal is an answer, too: 'ok' is false.")
            .TakesBody(new DocumentedBody("application/json", typeof(CommandRequest)))
            .Refuses(400, 404, 405, 503);
        app.MapGet(ApiPaths.Ping, Ping)
            .Tells<CommandAnswer>("Commands", "Reaches through to the coordinator", "503 when it does not answer.").Refuses(503);
    }

    private static async Task<IResult> Command(string cluster, HttpContext http, MmmSettings settings, ICommands commands, CancellationToken cancel)
    {
        if (!settings.Clusters.ContainsKey(cluster))
            return ClusterQuestion.UnknownCluster(cluster, settings);
        if (!http.Request.HasJsonContentType())
            return Problems.UnsupportedMediaType("application/json");

        CommandRequest? request;
        try
        {
            request = await http.Request.ReadFromJsonAsync(ApiFormat.Wire.CommandRequest, cancel);
        }
        catch (JsonException e)
        {
            return Problems.BadRequest($"The body is not a command: {e.Message}");
        }

        if (request is null)
            return Problems.BadRequest("The body is not a command: it is null.");
        ImmutableArray<string> arguments = request.Arguments ?? [];
        if (CommandRules.WhatIsWrong(request, arguments) is string wrong)
            return Problems.BadRequest(wrong);

        if (Gates.Lacks(http, CommandRules.LeastOf(request.Verb)) is { } refusal)
            return refusal;
        (ControlProtocol.Answer? answer, bool sent) = await commands.Send(
            new ControlProtocol.Command(request.Id, cluster, request.Verb, arguments, CommandRules.By(request.By, http)), cancel);
        return answer is null ? Problems.NoCoordinator(settings.This, sent) : Answered(answer);
    }

    private static async Task<IResult> Ping(MmmSettings settings, ICommands commands, CancellationToken cancel)
    {
        ControlProtocol.Answer? answer = await commands.Ping(new ControlProtocol.Ping(PingId), cancel);
        return answer is null
            ? Problems.NoCoordinator(settings.This, sent: false)
            : Results.Json(new CommandAnswer(answer.Id, answer.Ok, MmmAnswers.Pinged), ApiFormat.Wire.CommandAnswer);
    }

    private static IResult Answered(ControlProtocol.Answer answer) =>
        Results.Json(new CommandAnswer(answer.Id, answer.Ok, answer.Text, answer.Decision), ApiFormat.Wire.CommandAnswer);
}
