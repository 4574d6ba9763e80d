// The floor: a handler that loads nothing, and answers SUCCESS without doing anything.
exports.handler = async (event) => {
  const http = require('node:http')
  const body = JSON.stringify({
    Status: 'SUCCESS',
    PhysicalResourceId: 'empty',
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
  })
  await new Promise((resolve, reject) => {
    const headers = { 'content-type': '', 'content-length': Buffer.byteLength(body) }
    const request = http.request(event.ResponseURL, { method: 'PUT', headers, agent: false }, (response) => {
      response.resume()
      response.on('end', resolve)
    })
    request.on('error', reject)
    request.end(body)
  })
}
