#!/usr/bin/env escript
%% A server of Erlang's ssl, set up as RabbitMQ's is (verify_peer, fail_if_no_peer_cert): a line for each connection.
main([Certificate, Key, Ca]) ->
    logger:set_primary_config(level, none),
    {ok, _} = application:ensure_all_started(ssl),
    {ok, Listening} = ssl:listen(0, [{certfile, Certificate}, {keyfile, Key}, {cacertfile, Ca},
        {verify, verify_peer}, {fail_if_no_peer_cert, true}, {ip, {127, 0, 0, 1}}, {versions, ['tlsv1.2']}]),
    {ok, {_, Port}} = ssl:sockname(Listening),
    io:format("port ~p~n", [Port]),
    accept(Listening).

accept(Listening) ->
    {ok, Socket} = ssl:transport_accept(Listening),
    case ssl:handshake(Socket, 5000) of
        {ok, Secured} ->
            io:format("said accepted~n"),
            ssl:close(Secured);
        {error, {tls_alert, {Alert, Text}}} ->
            %% What it says of the certificate stands in braces behind its place in the source.
            case re:run(Text, "\\{bad_cert,([a-z_]+)\\}", [{capture, [1], list}]) of
                {match, [Why]} -> io:format("said ~s~n", [Why]);
                nomatch -> io:format("said ~p~n", [Alert])
            end;
        {error, Reason} ->
            io:format("said ~p~n", [Reason])
    end,
    accept(Listening).
